// Scrolls each phone to the question that was asked, past what was asked before it.

for (const messages of document.querySelectorAll(".phone ol")) {
  const asked = messages.querySelectorAll(".own")[Number(messages.dataset.before)];
  if (asked) messages.scrollTop = asked.offsetTop - messages.offsetTop - 12;
}
