// What the page of the check adds where there is JavaScript: a file can be dropped, and the result gets the focus.

for (const zone of document.querySelectorAll(".drop-zone")) {
  const field = zone.querySelector('input[type="file"]');
  const said = zone.querySelector(".dropped");
  const show = () => (said.textContent = field.files.length ? zone.dataset.dropped.replace("{name}", field.files[0].name) : "");
  const mark = (over) => (event) => {
    event.preventDefault();
    zone.classList.toggle("over", over);
  };
  zone.querySelector(".drop-hint").hidden = false;
  zone.addEventListener("dragover", mark(true));
  zone.addEventListener("dragleave", mark(false));
  zone.addEventListener("drop", (event) => {
    mark(false)(event);
    if (!event.dataTransfer.files.length) return;
    field.files = event.dataTransfer.files;
    show();
  });
}

document.querySelector(".checkup[autofocus]")?.focus();
