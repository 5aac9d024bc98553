"""A made-up shop's knowledge of any size: sentences vary as real ones do; equal numbers give equal files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from random import Random

from bot.domain import Entry, Grade, Phrasing, Place
from bot.knowledge.markdown_writing import render

ENTRIES_A_FILE = 200
_NOWHERE = Place(Path(), 0)
# Each line: English and Chinese.
_GOODS = """
kettle|电热水壶
winter coat|羽绒服
phone case|手机壳
rice cooker|电饭煲
office chair|办公椅
running shoes|跑鞋
baby bottle|奶瓶
wall calendar|挂历
green tea|绿茶
birthday cake|生日蛋糕
moon cakes|月饼
bath towel|浴巾
desk lamp|台灯
picture book|绘本
face mask|面膜
dog food|狗粮
bicycle helmet|骑行头盔
wool scarf|羊毛围巾
coffee beans|咖啡豆
frozen dumplings|速冻饺子
power bank|充电宝
mattress|床垫
curtains|窗帘
fountain pen|钢笔
silver ring|银戒指
yoga mat|瑜伽垫
fishing rod|鱼竿
air fryer|空气炸锅
school bag|书包
electric toothbrush|电动牙刷
"""
_BOUGHT = """
bought in the live stream|直播间买的
ordered in the mini program|小程序里下单的
bought at half price|半价买的
paid for in instalments|分期付款买的
given to me as a present|朋友送我的
ordered by my company|公司采购的
won in the lottery|抽奖抽到的
bought with a coupon|用优惠券买的
picked up at the shop|到店自提的
ordered from abroad|海外下单的
bought in a group|拼团买的
ordered by phone|电话订的
"""
_ASKED = """
can I return the {goods} {bought} {when}?|{bought}{goods}{when}还能退货吗？|Returns|退货
how long does the {goods} {bought} take to arrive {when}?|{bought}{goods}{when}多久能送到？|Delivery|配送
who pays the postage of the {goods} {bought} {when}?|{bought}{goods}{when}邮费谁出？|Postage|邮费
do I get an invoice for the {goods} {bought} {when}?|{bought}{goods}{when}能开发票吗？|Invoices|发票
is the {goods} {bought} still under warranty {when}?|{bought}{goods}{when}还在保修期内吗？|Warranty|保修
can I change the colour of the {goods} {bought} {when}?|{bought}{goods}{when}可以换颜色吗？|Exchange|换货
how do I use points on the {goods} {bought} {when}?|{bought}{goods}{when}怎么用积分抵扣？|Points|积分
what if the {goods} {bought} is damaged {when}?|{bought}{goods}{when}坏了怎么办？|Damage|破损
where can I have the {goods} {bought} repaired {when}?|{bought}{goods}{when}去哪里维修？|Repair|维修
can the {goods} {bought} be sent to another address {when}?|{bought}{goods}{when}能改地址吗？|Address|改地址
"""
# The same questions in other words, line by line.
_REWORDED = """
I want my money back for the {goods} {bought}, can I {when}?|{bought}{goods}不想要了，{when}可以退吗？
when will I get the {goods} {bought} {when}?|{bought}{goods}{when}什么时候到货？
is shipping of the {goods} {bought} at my expense {when}?|{bought}{goods}{when}运费是我承担吗？
could you write me a bill for the {goods} {bought} {when}?|{bought}{goods}{when}给不给开票？
does the guarantee of the {goods} {bought} count {when}?|{bought}{goods}{when}保修算数吗？
I'd rather have the {goods} {bought} in another colour {when}|{bought}{goods}想要别的颜色，{when}能调换吗？
may I pay part of the {goods} {bought} with bonus points {when}?|{bought}{goods}{when}积分能当钱用吗？
the {goods} {bought} came broken, what now {when}?|{bought}{goods}收到就是坏的，{when}该找谁？
who fixes the {goods} {bought} {when}?|{bought}{goods}{when}找谁修？
I moved, does the {goods} {bought} come to my new home {when}?|搬家了，{bought}{goods}{when}能送新家吗？
"""
_WHEN = """
after I opened the box|拆封以后
before a holiday|节假日前
if the seal is broken|封条破了的话
more than seven days later|超过七天
without the receipt|没有小票
if I live in a remote area|住在偏远地区
during the spring sale|春季大促期间
once it has been shipped|发货以后
if the size is wrong|尺码不对的时候
when the shop is closed|店里休息的时候
"""
_OPENINGS = {
    "en": ("", "please tell me, ", "I would like to know, ", "quick question: ", "hello, "),
    "zh": ("", "请问", "想问一下", "你好，", "麻烦问下"),
}
_ANSWERS = {
    "en": (
        "For the {goods} the limit is {days} days and {price} yuan; keep the order number at hand.",
        "A colleague looks at each {goods} within {days} days. Above {price} yuan we collect it from you.",
        "Yes, up to {days} days after delivery. What costs more than {price} yuan is insured on the way.",
    ),
    "zh": (
        "{goods}的期限是{days}天、{price}元，请准备好订单号。",
        "每件{goods}都会在{days}天内由同事检查，超过{price}元的我们上门取件。",
        "可以，签收后{days}天内都行；超过{price}元的路上有保险。",
    ),
}
_STEPS = {
    "en": "Open *My orders*, choose order {number}, tap *Help* and write what happened to the {goods}.",
    "zh": "打开“我的订单”，选订单{number}，点“帮助”，写下{goods}的情况。",
}


def write_knowledge(
    folder: Path, entries: int, *, phrasings: int = 2, languages: tuple[str, ...] = ("zh", "en")
) -> Path:
    """A knowledge folder of so many entries with so many phrasings each, the canonical question included.

    Of two languages, each entry has one: the next one's has the other.
    """
    for language in languages:
        of_language = [
            entry for entry in shop_entries(entries, phrasings, languages) if entry.language == language
        ]
        (folder / language).mkdir(parents=True)
        for number, start in enumerate(range(0, len(of_language), ENTRIES_A_FILE), 1):
            texts = map(render, of_language[start : start + ENTRIES_A_FILE])
            (folder / language / f"shop-{number}.md").write_text("\n".join(["# Shop\n", *texts]), "utf-8")
    return folder


def write_rows(file: Path, entries: int, phrasings: int) -> None:
    """The same entries, each with one paragraph for an answer, as a table for ``knowledge import``."""
    found = shop_entries(entries, phrasings, ("zh", "en"))
    file.write_text("".join(json.dumps(_row(entry), ensure_ascii=False) + "\n" for entry in found), "utf-8")


def _row(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "language": entry.language,
        "question": entry.question,
        "phrasings": [phrasing.text for phrasing in entry.phrasings],
        "answer": entry.short_answer,
        "topic": entry.topic,
    }


def write_reworded(file: Path, entries: int, count: int) -> None:
    """So many of the questions in other words, and as many that come close to an entry but have none.

    In the form that ``evaluate`` reads.
    """
    combinations = _combinations()
    wanted: list[tuple[int, str | None]]
    wanted = [(number, f"shop-{number}") for number in sorted(Random(1).sample(range(entries), count))]
    wanted += [(number, None) for number in range(entries, min(entries + count, len(combinations)))]
    lines = [
        {"question": _question(number, combinations[number], _lines(_REWORDED)), "expected": expected}
        for number, expected in wanted
    ]
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")


def _question(number: int, combination: tuple[list[str], ...], wordings: list[list[str]]) -> str:
    side = 1 - number % 2
    goods, bought, asked, when = combination
    wording = wordings[_lines(_ASKED).index(asked)][side]
    return wording.format(goods=goods[side], bought=bought[side], when=when[side])


def shop_entries(count: int, phrasings: int, languages: tuple[str, ...]) -> Iterator[Entry]:
    """The entries, in an order in which neighbours differ."""
    for number, combination in enumerate(islice(_combinations(), count)):
        language = languages[number % len(languages)]
        yield _entry(number, language, combination, phrasings)


def _combinations() -> list[tuple[list[str], ...]]:
    combinations = list(product(*(_lines(text) for text in (_GOODS, _BOUGHT, _ASKED, _WHEN))))
    Random(0).shuffle(combinations)
    return combinations


def _lines(text: str) -> list[list[str]]:
    return [line.split("|") for line in text.split("\n") if line]


def _entry(number: int, language: str, combination: tuple[list[str], ...], phrasings: int) -> Entry:
    random = Random(number)
    side = ("en", "zh").index(language)
    goods, bought, asked, when = (part[side] for part in combination)
    question = asked.format(goods=goods, bought=bought, when=when)
    openings = random.sample(_OPENINGS[language], phrasings)
    given = {
        "goods": goods,
        "days": random.randint(2, 90),
        "price": random.randint(9, 999),
        "number": f"{random.randrange(10**8):08}",
    }
    return Entry(
        id=f"shop-{number}",
        language=language,
        question=openings[0] + question,
        phrasings=tuple(Phrasing(opening + question, _NOWHERE) for opening in openings[1:]),
        answer=f"{random.choice(_ANSWERS[language])}\n\n{_STEPS[language]}".format(**given),
        topic=combination[2][side + 2],
        place=_NOWHERE,
        as_of="2026-11",
        grade=Grade.SEVERAL,
        sources=("S1",),
    )
