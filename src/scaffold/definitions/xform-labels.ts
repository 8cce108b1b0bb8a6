import type { Document, Element } from '@xmldom/xmldom';
import { byName, childrenOf, textOf } from './xml.js';

const longestLabel = 160;

/** Gives what finds the label of a control: its own text, or its translation, in English if there is one. */
export function labelsOf(document: Document): (control: Element) => string | undefined {
  const translations = byName(document, 'translation');
  const isEnglish = (element: Element) => /^en\b|english/i.test(element.getAttribute('lang') ?? '');
  const chosen =
    translations.find(isEnglish) ?? translations.find((each) => each.hasAttribute('default')) ?? translations[0];
  const texts = new Map(
    (chosen === undefined ? [] : byName(chosen, 'text')).map((text) => [
      text.getAttribute('id') ?? '',
      byName(text, 'value')[0],
    ]),
  );
  return (control) => {
    const label = childrenOf(control).find(({ localName }) => localName === 'label');
    if (label === undefined) return undefined;
    const id = /^jr:itext\('(.*)'\)$/.exec(label.getAttribute('ref') ?? '')?.[1];
    const words = plain(textOf(id === undefined ? label : texts.get(id)));
    // Of a label that is not translated, there is a dash.
    return words === '' || words === '-' ? undefined : words;
  };
}

/** Without tags and the marks of Markdown. */
function plain(text: string): string {
  const words = text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/[*#]+/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return words.length <= longestLabel ? words : `${words.slice(0, longestLabel - 1)}…`;
}
