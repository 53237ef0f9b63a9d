"""Keys are taken out of what a server says; what only is a setting stays."""

import pytest

from tasks.domain.untrusted.masking import masked, secrets_in


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("GITHUB_TOKEN", "ghp_abc123"),
        ("DB_PASSWORD", "correcthorse"),
        ("PLAIN_NAME", "sk-live-0123"),
        ("DATABASE_URL", "postgres://ada:s3cret@db/x"),
        ("API_KEY", "/begins+like/a/path=="),
    ],
)
def test_a_key_is_known_by_its_name_or_by_its_look(name: str, text: str) -> None:
    said = {"text": f"used {text}!", "all": [text, 7, None], text: True}
    assert masked(said, secrets_in({name: text})) == {
        "text": f"used ${{{name}}}!",
        "all": [f"${{{name}}}", 7, None],
        f"${{{name}}}": True,
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MODE", "production"),
        ("PORT", "3000000"),
        ("REPOSITORY", "/home/ada/work/repo"),
        ("HOME", "~/work-1"),
        ("API_KEY", "none"),
        ("DEBUG", "1"),
    ],
)
def test_a_setting_stays_where_a_server_names_it(name: str, text: str) -> None:
    assert secrets_in({name: text}) == {}
