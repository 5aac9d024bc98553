// The desk works without this; it only makes it nicer.

// On a wide screen the menu is always open, and there is nothing to open it with.
const menu = document.querySelector(".menu");
const wide = matchMedia("(min-width: 60rem)");
const fit = () => menu && (menu.open = wide.matches);
wide.addEventListener("change", fit);
fit();

// A form that has been sent is not sent again by a second click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  else if (form.method === "post") form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// Asks before what cannot be undone: <form data-confirm="…">.
document.addEventListener(
  "submit",
  (event) => {
    const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (question && !confirm(question)) {
      event.preventDefault();
      event.stopPropagation();
    }
  },
  true,
);

// Filters apply when they are changed: <form data-auto>.
document.addEventListener("change", (event) => {
  if (event.target.form?.matches("[data-auto]")) event.target.form.requestSubmit();
});
