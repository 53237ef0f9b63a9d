// Renders a Modelfile's TEMPLATE as Ollama does, and prints the tag by which Ollama finds a call.
//
// Usage: main TEMPLATE.txt VALUES.json
//
// The shapes of the values, the function json, what is dropped when a Modelfile is read and the
// search for the tag follow ollama/ollama from 0.14 to 0.32: api/types.go, template/template.go,
// parser/parser.go and tools/template.go. Ollama itself is not run.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
)

// A map, so the order of a call's arguments is lost.
type arguments map[string]any

func (a arguments) String() string { return toJSON(a) }

type call struct {
	ID       string
	Function struct {
		Index     int
		Name      string
		Arguments arguments
	}
}

type message struct {
	Role, Content, Thinking string
	ToolCalls               []call `json:"tool_calls"`
	ToolName, ToolCallID    string
}

// Other keys of a parameter, such as its default and its bounds, are lost.
type property struct {
	Type        any      `json:"type,omitempty"`
	Items       any      `json:"items,omitempty"`
	Description string   `json:"description,omitempty"`
	Enum        []any    `json:"enum,omitempty"`
	Required    []string `json:"required,omitempty"`
}

// Without String(): Go prints it as a struct.
type function struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Parameters  struct {
		Type       string              `json:"type"`
		Defs       any                 `json:"$defs,omitempty"`
		Required   []string            `json:"required,omitempty"`
		Properties map[string]property `json:"properties"`
	} `json:"parameters"`
}

type tool struct {
	Type     string   `json:"type"`
	Function function `json:"function"`
}

func (t tool) String() string { return toJSON(t) }

type conversation struct {
	System   string
	Messages []*message
	Tools    []tool
}

// What the parser of Modelfiles keeps of a text.
func kept(letter rune) rune {
	if strconv.IsPrint(letter) || letter == '\n' {
		return letter
	}
	return -1
}

func toJSON(value any) string {
	text, err := json.Marshal(value)
	check(err)
	return string(text)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The first text inside the first {{ if .ToolCalls }}.
func callTag(node parse.Node, isInside bool) string {
	switch node := node.(type) {
	case *parse.TextNode:
		if isInside {
			return strings.TrimSpace(strings.Split(string(node.Text), "{")[0])
		}
	case *parse.ListNode:
		for _, child := range node.Nodes {
			if tag := callTag(child, isInside); tag != "" {
				return tag
			}
		}
	case *parse.RangeNode:
		return callTag(node.List, isInside)
	case *parse.IfNode:
		isInside = isInside || strings.Contains(node.Pipe.String(), ".ToolCalls")
		if tag := callTag(node.List, isInside); tag != "" || isInside || node.ElseList == nil {
			return tag
		}
		return callTag(node.ElseList, false)
	}
	return ""
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	encoded, err := os.ReadFile(os.Args[2])
	check(err)
	var values conversation
	check(json.Unmarshal(encoded, &values))
	functions := template.FuncMap{"json": toJSON}
	parsed, err := template.New("").Option("missingkey=zero").Funcs(functions).Parse(strings.Map(kept, string(text)))
	check(err)
	fmt.Fprint(os.Stderr, callTag(parsed.Root, false))
	check(parsed.Execute(os.Stdout, map[string]any{
		"System": values.System, "Messages": values.Messages, "Tools": values.Tools, "Response": "",
	}))
}
