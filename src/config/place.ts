// Where in a text something stands, as an editor counts: lines and columns from 1, columns in characters.

export type Place = { readonly line: number; readonly column: number }

export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset).split(/\r\n|\n|\r/)
  const lastLine = before.at(-1) ?? ''
  return { line: before.length, column: Array.from(lastLine).length + 1 }
}
