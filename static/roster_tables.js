// The tables that Excel puts on the clipboard.
"use strict";
window.rosterTables = (() => {
  const normal = (text) => text.trim().toUpperCase();

  // What Excel puts on the clipboard: tabs, lines that end in CR LF, quotes around a cell with a line break in it and
  // doubled quotes inside of those.
  const FIELD = /("(?:[^"]|"")*"|[^\t\n]*)(\t|\n|$)/gy;
  const parseTable = (text) => {
    const lines = [[]];
    const whole = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
    for (const [all, field, end] of whole.matchAll(FIELD)) {
      const plain = field.startsWith('"') && field.endsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
      lines.at(-1).push(normal(plain.replace(/\s+/g, " ")));
      if (end === "\n") lines.push([]);
      if (end === "" || all === "") break;
    }
    return lines;
  };

  return { normal, parseTable };
})();
