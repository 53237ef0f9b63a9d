// Renders a Modelfile's TEMPLATE as Ollama does, and prints the tag by which Ollama finds a call.
//
// Usage: main TEMPLATE.txt VALUES.json
//
// The shapes of the values, the function json and the search for the tag follow ollama/ollama:
// api/types.go, template/template.go and tools/template.go. Ollama itself is not run.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/template"
	"text/template/parse"
)

// Without String(), as Ollama's function since 0.14: only the template function json makes JSON of
// it, compact and with \u003c for <.
type object struct{ json.RawMessage }

type call struct {
	Function struct {
		Name      string
		Arguments object
	}
}

type message struct {
	Role, Content string
	ToolCalls     []call `json:"tool_calls"`
}

type tool struct {
	Type     string
	Function object
}

type conversation struct {
	System   string
	Messages []*message
	Tools    []tool
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
	parsed, err := template.New("").Option("missingkey=zero").Funcs(functions).Parse(string(text))
	check(err)
	fmt.Fprint(os.Stderr, callTag(parsed.Root, false))
	check(parsed.Execute(os.Stdout, map[string]any{
		"System": values.System, "Messages": values.Messages, "Tools": values.Tools, "Response": "",
	}))
}
