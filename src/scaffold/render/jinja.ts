import { macroOf, type Kind } from '../values/kind.js';
import type { Path } from '../shape/path.js';

/** A string of Jinja, in single quotes. */
export function jinjaString(text: string): string {
  return `'${jinjaEscaped(text).replaceAll("'", String.raw`\'`)}'`;
}

/** Text in which Jinja sees nothing to do: dbt renders descriptions, too. */
export function withoutJinja(text: string): string {
  return text.replaceAll(/\{(?=[{%#])/g, '{ ');
}

/** A text of SQL; what is no plain character is escaped, so that neither SQL nor Jinja sees anything in it. */
export function sqlText(text: string): string {
  if (/^[\w .:-]*$/.test(text)) return `'${text}'`;
  const escaped = Array.from(text, (character) => {
    if (/^[\w .:-]$/.test(character)) return character;
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
  return `E'${escaped.join('')}'`;
}

/** The text at a path of a jsonb expression, as SQL: `json #>> '{a,b}'`. */
export function textAt(json: string, path: Path): string {
  return `${json} #>> ${pathLiteral(path)}`;
}

/** The JSON at a path of a jsonb expression. */
export function jsonAt(json: string, path: Path): string {
  return `${json} #> ${pathLiteral(path)}`;
}

/** The value at a path as one of a kind, in a template: SQL, or a call of the macro that makes it. Blank text is NULL. */
export function valueAt(json: string, path: Path, kind: Kind): string {
  if (kind === 'json') return jsonAt(json, path);
  const text = textAt(json, path);
  const macro = macroOf(kind);
  return macro === undefined ? `nullif(${text}, '')` : `{{ cht_pipeline.${macro}(${sqlInJinja(text)}) }}`;
}

/** SQL as a string of Jinja, in double quotes: SQL has single ones. */
export function sqlInJinja(sql: string): string {
  return `"${jinjaEscaped(sql).replaceAll('"', String.raw`\"`)}"`;
}

function pathLiteral(path: Path): string {
  const isPlain = path.every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name.toLowerCase() !== 'null');
  return isPlain ? `'{${path.join(',')}}'` : `array[${path.map(sqlText).join(', ')}]`;
}

function jinjaEscaped(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
