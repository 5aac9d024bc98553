"""The words of the web chat's page, by language; Traditional Chinese is derived."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cache

from bot.answering.script import to_traditional
from bot.domain import Language


@dataclass(frozen=True)
class ChatTexts:
    """One language's words; ``{…}`` marks what the page fills in.

    ``hello`` is what the bot is greeted with to learn its own greeting; ``welcome`` stands in for that.
    """

    hello: str
    welcome: str
    title: str
    subtitle: str
    language: str
    automatic: str
    new_chat: str
    close: str
    conversation: str
    you: str
    question: str
    placeholder: str
    send: str
    counted: str
    too_long: str
    starters: str
    suggestions: str
    dated: str
    sources: str
    sourced: str
    copy: str
    copied: str
    not_copied: str
    helpful: str
    unhelpful: str
    thanks: str
    not_noted: str
    answering: str
    retry: str
    unanswered: str
    offline: str
    unready: str
    too_fast: str
    not_understood: str
    failed: str
    started_anew: str
    table: str
    code: str
    small_print: str
    api: str
    no_script: str


CHINESE = ChatTexts(
    hello="你好",
    welcome="你好！有什么想问的，直接发给我就行。",
    title="小程序问答助手",
    subtitle="不知道就说不知道",
    language="语言",
    automatic="自动",
    new_chat="新对话",
    close="关闭",
    conversation="对话",
    you="我",
    question="你的问题",
    placeholder="输入问题…",
    send="发送",
    counted="{count}/{limit} 字",
    too_long="{count}/{limit} 字，请缩短后再发送",
    starters="可以这样问",
    suggestions="相关问题",
    dated="截至 {date}",
    sources="来源",
    sourced="{count} 个来源",
    copy="复制",
    copied="已复制",
    not_copied="没能复制，请选中文字手动复制",
    helpful="有帮助",
    unhelpful="没帮助",
    thanks="已记下，谢谢反馈",
    not_noted="反馈没能记下",
    answering="正在输入…",
    retry="重试",
    unanswered="还没有得到回答。",
    offline="没有发出去：连不上服务器，请检查网络。",
    unready="机器人还没准备好，请稍后再试。",
    too_fast="问得太快了，请等 {seconds} 秒再试。",
    not_understood="这条消息没法处理，请换个写法。",
    failed="服务器出错了，请稍后再试。",
    started_anew="已开始新对话",
    table="表格",
    code="代码",
    small_print="内容仅供参考，以官方最新规则为准",
    api="API",
    no_script="聊天需要 JavaScript，请在浏览器里打开它。",
)

ENGLISH = ChatTexts(
    hello="hello",
    welcome="Hello! Send me your question.",
    title="Mini program assistant",
    subtitle="Says so when it doesn't know",
    language="Language",
    automatic="Auto",
    new_chat="New conversation",
    close="Close",
    conversation="Conversation",
    you="You",
    question="Your question",
    placeholder="Type a question…",
    send="Send",
    counted="{count}/{limit} characters",
    too_long="{count}/{limit} characters: please shorten it",
    starters="You could ask",
    suggestions="Related questions",
    dated="As of {date}",
    sources="Sources",
    sourced="sources: {count}",
    copy="Copy",
    copied="Copied",
    not_copied="Could not copy; please select the text",
    helpful="Helpful",
    unhelpful="Not helpful",
    thanks="Noted, thank you",
    not_noted="Your feedback could not be noted",
    answering="Typing…",
    retry="Try again",
    unanswered="Not answered yet.",
    offline="Not sent: the server cannot be reached. Check your connection.",
    unready="The bot is not ready yet. Please try again in a moment.",
    too_fast="That was too fast. Please try again in {seconds} seconds.",
    not_understood="This message cannot be processed. Please put it another way.",
    failed="Something went wrong on our side. Please try again in a moment.",
    started_anew="New conversation started",
    table="Table",
    code="Code",
    small_print="For orientation only; the platform's current rules apply",
    api="API",
    no_script="The chat needs JavaScript; please turn it on in your browser.",
)


@cache
def chat_texts(language: Language) -> ChatTexts:
    """The words in a language."""
    if language is Language.ENGLISH:
        return ENGLISH
    return _in_traditional(CHINESE) if language is Language.TRADITIONAL else CHINESE


def _in_traditional(texts: ChatTexts) -> ChatTexts:
    return replace(texts, **{name: to_traditional(text, like="") for name, text in asdict(texts).items()})
