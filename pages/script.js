const { lang } = document.documentElement;

for (const time of document.querySelectorAll("time.instant")) {
  const local = new Date(time.dateTime).toLocaleString(lang === "en" ? "en-GB" : lang, {
    dateStyle: "long",
    timeStyle: "short",
  });
  if (time.textContent.startsWith(local)) continue;
  time.title = time.textContent;
  time.textContent = `${local} (${Intl.DateTimeFormat().resolvedOptions().timeZone})`;
}

for (const input of document.querySelectorAll("[data-show]")) {
  const button = document.createElement("button");
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.ariaPressed = shown;
  };
  show(false);
  button.type = "button";
  button.textContent = input.dataset.show;
  button.setAttribute("aria-describedby", input.labels[0].id);
  button.onclick = () => show(input.type === "password");
  input.after(button);
  input.form.addEventListener("submit", () => show(false));
}
