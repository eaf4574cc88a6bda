// What the buttons do: copy and download.

async function copied(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    said(button, "Copied");
  } catch {
    said(button, selected(text) ? "Copied" : "Cannot copy; select it by hand");
    button.focus();
  }
}

/** Copy a selected text, for browsers that refuse the clipboard to the page. */
function selected(text) {
  const area = element("textarea", { class: "offstage", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

function said(button, message) {
  const label = button.dataset.label ?? (button.dataset.label = button.textContent);
  button.style.minWidth = `${button.offsetWidth}px`; // so that the other buttons do not move
  button.textContent = message;
  byId("said").textContent = message;
  later(button.id, () => { button.textContent = label; }, 1600);
}

function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
