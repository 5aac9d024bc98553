"""Plain text: a reader in WeChat sees no Markdown, and loses nothing that it said."""

from __future__ import annotations

import pytest

from bot.wechat.markdown import plain_text


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("# 标题\n正文", "标题\n\n正文"),
        ("标题\n===\n正文", "标题\n\n正文"),
        ("**粗** *斜* __粗__ _斜_ ~~删~~ `码`", "粗 斜 粗 斜 删 码"),
        ("**注意：**请看**“这里”**后面", "注意：请看“这里”后面"),
        ("- 一\n- 二\n", "· 一\n· 二"),
        ("* 一\n\n* 二", "· 一\n· 二"),
        ("- 一\n  - 甲\n  - 乙\n- 二", "· 一\n  · 甲\n  · 乙\n· 二"),
        ("3. 三\n4. 四", "3. 三\n4. 四"),
        ("> 引用\n> 第二行", "引用\n第二行"),
        ("> 一\n>\n> 二", "一\n\n二"),
        ("一\n\n---\n\n二", "一\n\n二"),
        ("```python\nx = a ** b\n```", "x = a ** b"),
        ("一\n\n```\n\n  甲  \n\n```", "一\n\n\n  甲"),
        ("```\nX  \n\n```\n后", "X  \n\n后"),
        ("一\n\n    x = a ** b", "一\n\nx = a ** b"),
        ("![图](http://e/p.png)后", "图后"),
        ("[官网](https://e.com/a_b?c=1&d=2)", '<a href="https://e.com/a_b?c=1&d=2">官网</a>'),
        ("[别处](other.md#x)", "别处"),
        ("[](https://e.com)", "https://e.com"),
        ("<https://e.com/a_b_c>", "https://e.com/a_b_c"),
        ("行一  \n行二\\\n行三\r\n行四", "行一\n行二\n行三\n行四"),
        ("<div>\n<p>一</p>\n</div>", "一"),
        ("a<br>b <b>c</b> <!-- x -->d", "a\nb c d"),
        ("5 * 3 = 15，snake_case_name，2 < 3 & 4", "5 * 3 = 15，snake_case_name，2 < 3 & 4"),
        (r"1\. 不是列表 \*星\*", "1. 不是列表 *星*"),
        ("&lt;Encrypt&gt;&nbsp;<Nonce>", "<Encrypt> <Nonce>"),
        ("", ""),
    ],
)
def test_markdown_is_shown_as_plain_text(markdown, shown):
    assert shown == plain_text(markdown)


def test_a_table_becomes_a_line_a_cell_after_the_name_of_its_column():
    table = "| 类型 | 费用 | 周期 |\n|---|---|---|\n| 个人 | 0 | 1天 |\n| 企业 | 300 | |"

    assert plain_text(table) == "· 个人\n  费用：0\n  周期：1天\n· 企业\n  费用：300"


def test_a_table_of_two_columns_needs_no_names():
    assert plain_text("| What | Who |\n|---|---|\n| Owner | anyone |") == "· Owner: anyone"


def test_a_table_without_rows_shows_the_names_of_its_columns():
    assert plain_text("| What | Who |\n|---|---|") == "What Who"


def test_a_menu_link_passes_through():
    link = '<a href="weixin://bizmsgmenu?msgmenucontent=多少 _钱_&msgmenuid=1">多少钱</a>'

    assert f"· {link}" == plain_text(f"- {link}")


def test_plain_text_stays_as_it_is():
    text = "第一段。\n\n· 一\n· 二\n\n1. 甲\n2. 乙\n\n回复“更多”继续"

    assert text == plain_text(text)


def test_control_characters_are_left_out():
    assert plain_text("a\x00\x1db") == "ab"
