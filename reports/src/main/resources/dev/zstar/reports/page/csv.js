// Tables as files.

function csv(header, body) {
  // A spreadsheet computes a text that begins like a formula; an apostrophe makes it a text.
  const text = t => "\"" + String(t).replace(/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/, "'$&").replaceAll("\"", "\"\"") + "\"";
  const field = c => c === null || c === undefined || c === "" ? "" : typeof c === "number" ? String(c) : text(c);
  return [header, ...body].map(line => line.map(field).join(",")).join("\r\n") + "\r\n";
}

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 80) + ".csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
