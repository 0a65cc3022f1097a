(function () {
  "use strict";
  var root = document.body.dataset.root, input = document.getElementById("search"), list = document.getElementById("results");
  function store(key, value) { try { if (value === undefined) { return localStorage.getItem(key); } localStorage.setItem(key, value); } catch (error) { return null; } }
  function search(words) {
    list.textContent = "";
    words = words.trim().toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) { return; }
    window.dwcSearch.filter(function (entry) {
      var text = (entry[0] + " " + entry[2]).toLowerCase();
      return words.every(function (word) { return text.indexOf(word) >= 0; });
    }).sort(function (a, b) { return a[0].length - b[0].length; }).slice(0, 30).forEach(function (entry) {
      var item = document.createElement("li"), link = document.createElement("a"), note = document.createElement("small");
      link.href = root + entry[1]; link.textContent = entry[0]; note.textContent = entry[2];
      item.append(link, note); list.append(item);
    });
  }
  input.addEventListener("input", function () { search(input.value); });
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && document.activeElement !== input) { event.preventDefault(); input.focus(); }
    if (event.key === "Escape") { input.value = ""; search(""); }
  });
  function theme(name) { if (name) { document.documentElement.dataset.theme = name; } }
  theme(store("dwc-theme"));
  document.getElementById("theme").addEventListener("click", function () {
    var dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    theme(dark ? "light" : "dark"); store("dwc-theme", dark ? "light" : "dark");
  });
  var button = document.getElementById("language");
  function language(code) {
    document.documentElement.lang = code;
    document.querySelectorAll("[data-ko]").forEach(function (node) {
      if (!node.dataset.en) { node.dataset.en = node.textContent; }
      node.textContent = code === "ko" ? node.dataset.ko : node.dataset.en;
    });
    button.textContent = code === "ko" ? "English" : "한국어";
  }
  button.addEventListener("click", function () { var code = document.documentElement.lang === "ko" ? "en" : "ko"; language(code); store("dwc-language", code); });
  if (store("dwc-language") === "ko") { language("ko"); }
  if (location.hash.indexOf("#q=") === 0) { input.value = decodeURIComponent(location.hash.slice(3)); search(input.value); }
})();
