/** A text as XML's character data. XML 1.0 has no way to write most control characters, nor halves of surrogate pairs. */
export function xmlText(value: string): string {
  return value
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

/** A text as an attribute's value, with its quotes: XML's and HTML's alike. */
export function xmlAttribute(value: string): string {
  return `"${xmlText(value).replaceAll('"', '&quot;').replaceAll('\n', '&#10;')}"`
}

/** A text in HTML, between quotes too. Nothing in it is replaced for good. */
export function htmlText(value: string): string {
  return value.replace(/[&<>"']/g, (character) => HTML_ENTITIES[character] ?? character)
}

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
