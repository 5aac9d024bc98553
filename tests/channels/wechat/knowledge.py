"""A small knowledge base with everything that can go wrong on its way into a chat."""

from __future__ import annotations

from tests.fakes import FakeIndex, make_entry

LONG = "".join(f"第{number}步，把营业执照和法人身份证都准备好并拍照上传。" for number in range(1, 101))
TYPES, FEES, FILING = "普通小程序和电商小程序有什么区别", "小程序要花多少钱", "小程序备案要多久"

INDEX = FakeIndex(
    make_entry(
        "smalltalk-greeting",
        "你好",
        answer="你好！我是小程序顾问。",
        topic="smalltalk",
        related=("types", "fees", "filing"),
    ),
    make_entry(
        "smalltalk-greeting",
        "hello there",
        answer="Hello! Ask me about mini programs.",
        topic="smalltalk",
        language="en",
        related=("filing",),
    ),
    make_entry("handoff", "转人工", answer="请通过页面上的联系方式找工作人员。", topic="handoff"),
    make_entry(
        "handoff", "human agent", answer="Please use the contact page.", topic="handoff", language="en"
    ),
    make_entry(
        "types", TYPES, answer="电商小程序能卖货，普通的不能。\n\n类目也不同。", related=("fees", "filing")
    ),
    make_entry("fees", FEES, answer="认证费每年**三百元**。", is_volatile=True, as_of="2026-11-01"),
    make_entry(
        "filing",
        FILING,
        answer="一般要*一到二十个*工作日。\n\n各地进度不同：\n\n- **北京**快\n- [西藏](https://xz.example/a?b=1&c=2)慢",
        asked=("备案时间",),
        related=("fees", "types"),
    ),
    make_entry(
        "filing",
        "How long does filing take?",
        answer="One to twenty working days.\n\nIt depends on the **province**.",
        language="en",
    ),
    make_entry("long", "注册要准备哪些材料", answer=f"材料如下。\n\n{LONG}"),
    make_entry("long-at-once", "注册的每一步", answer=LONG, related=("fees", "types")),
    make_entry(
        "code",
        "怎么写样式代码",
        answer="写 `a[b[0]]>1` 就行。\n\n也可以写 `**kwargs**` 和 `<b>`：\n\n```\n# 注释\n```",
    ),
    make_entry("tricky", '运费&税费"怎么算"<b>', answer="看地区。"),
    make_entry("asks-tricky", "税费问题", answer="分两种。", related=("tricky",)),
)
