// Follows a rebuild: asks for its state every second, and shows the result when it is over.

const followed = document.querySelector("[data-follow]");
const part = (name) => document.querySelector(`[data-${name}]`);

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function show(job) {
  const { done, total } = job.progress;
  const bar = part("progress");
  say(part("state"), job.state_name);
  if (job.stage) say(part("what"), job.stage);
  say(part("left"), job.left);
  say(part("count"), total > 1 ? `${done} / ${total}` : "");
  say(part("log"), job.log.join("\n") || "–");
  if (total > 1) {
    bar.max = total;
    bar.value = done;
  } else {
    bar.removeAttribute("value");
  }
}

async function follow() {
  try {
    const response = await fetch(followed.dataset.follow, { headers: { Accept: "application/json" } });
    // Logged out meanwhile, or the job is gone: the page says it better.
    if (response.redirected || response.status === 404) return location.reload();
    if (response.ok) {
      const job = await response.json();
      show(job);
      if (job.is_over) return location.reload();
    }
  } catch {
    // The server may be starting again; the next try tells.
  }
  setTimeout(follow, 1000);
}

setTimeout(follow, 1000);
