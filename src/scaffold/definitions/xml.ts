import type { Document, Element } from '@xmldom/xmldom';

/** The elements of a name, of any namespace, in the order of the document. */
export function byName(within: Document | Element, name: string): Element[] {
  return Array.from(within.getElementsByTagNameNS('*', name));
}

/** The text in an element. */
export function textOf(element: Element | undefined): string {
  return (element?.textContent ?? '').trim();
}

/** The elements right in an element. */
export function childrenOf(element: Element): Element[] {
  return Array.from(element.childNodes).filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
}
