"""Text of strangers on a terminal."""

from tasks.domain.untrusted.printable import excerpt, on_one_line, printable


def test_control_characters_are_written_out_and_line_ends_stay() -> None:
    assert printable("a\x1b[31mred\x1b]0;title\x07\r\nb\tc\x9b1A") == (
        "a\\x1b[31mred\\x1b]0;title\\x07\\r\nb\tc\\x9b1A"
    )


def test_marks_that_turn_the_direction_of_writing_are_written_out() -> None:
    assert printable("txt.\u202eexe\u2066\u2028\ud800") == "txt.\\u202eexe\\u2066\\u2028\\ud800"


def test_scripts_accents_and_emoji_stay() -> None:
    text = "Zürich 東京 ça\u00a0va न\u094d\u200dय 👩\u200d💻"
    assert printable(text) == text


def test_a_name_cannot_begin_a_line_of_its_own() -> None:
    assert on_one_line("tool\nmcp-forge: all is well\t!") == "tool\\nmcp-forge: all is well\\t!"


def test_an_excerpt_is_one_line_without_indentation_that_says_where_it_was_cut() -> None:
    assert (
        excerpt('{\n  "city": "Rome",\n\t"sky": "\x1b[2J"\n}')
        == '{ "city": "Rome", "sky": "\\x1b[2J" }'
    )
    assert len(excerpt("sun " * 500)) == 301
    assert excerpt("sun " * 500).endswith("…")
