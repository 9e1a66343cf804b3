/* What is nicer with JavaScript; every page is complete without it. */
const { lang } = document.documentElement;
const place = lang === "en" ? ["en-GB", "UTC"] : ["ko-KR", "Asia/Seoul"];
const digits = (date, timeZone) => date.toLocaleString("en", timeZone && { timeZone });

/* An instant, in the reader's own time; the server's wording stays as the tooltip. */
for (const time of document.querySelectorAll("time.instant")) {
  const date = new Date(time.dateTime);
  if (digits(date) === digits(date, place[1])) continue;
  time.title = time.textContent;
  time.textContent = date.toLocaleString(place[0], {
    year: "numeric",
    month: "long",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  });
}

/* Looking at the password that is being typed. */
for (const button of document.querySelectorAll("button.reveal")) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", shown);
  };
  button.hidden = false;
  button.addEventListener("click", () => show(input.type === "password"));
  input.form.addEventListener("submit", () => show(false));
}
