// What the query page adds where there is JavaScript: the editor, and buttons that copy.

/** Puts a button beside what people copy. */
function offerCopy(block, { copy, copied }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy-button quiet";
  button.textContent = copy;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.textContent);
    button.textContent = copied;
    setTimeout(() => (button.textContent = copy), 2000);
  });
  block.after(button);
}

const textarea = document.querySelector("textarea[data-completion]");
const start = () => import("./codemirror.js").then(({ install }) => install(textarea));
const whenIdle = window.requestIdleCallback ?? setTimeout; // so that the page answers first

// On a telephone the editor comes when the field is used: it weighs more than the rest of the page.
if (matchMedia("(pointer: fine)").matches || textarea?.dataset.errorLine) whenIdle(start);
else textarea?.addEventListener("focus", start, { once: true });

if (navigator.clipboard) for (const block of document.querySelectorAll("pre.copyable")) offerCopy(block, textarea.dataset);
