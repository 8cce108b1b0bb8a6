import { DOMParser, onErrorStopParsing, type Document, type Element } from '@xmldom/xmldom';
import { isInternalOfForm } from '../shape/internal.js';
import type { Path } from '../shape/path.js';
import type { Choices } from '../values/choices.js';
import type { Kind } from '../values/kind.js';
import type { FieldDefinition, FormDefinition, RepeatDefinition } from './definition.js';
import { labelsOf } from './xform-labels.js';
import { byName, childrenOf, textOf } from './xml.js';

/** The kinds of the types of questions (https://getodk.github.io/xforms-spec/#data-types); all others are text. */
const kinds: Readonly<Record<string, Kind>> = {
  ...{ int: 'integer', integer: 'integer', long: 'integer', short: 'integer' },
  ...{ decimal: 'number', double: 'number', float: 'number' },
  ...{ boolean: 'boolean', date: 'date', dateTime: 'timestamp' },
};

/** Answers that are a boolean together. */
const booleans = new Set(['yes', 'no', 'true', 'false']);

/**
 * Reads an XForm, as cht-conf makes it from a spreadsheet: the fields are the leaves of its primary instance, `bind` says of
 * which type they are, the controls of its body how they are asked for.
 *
 * @throws Error when the text is no XML, or no XForm.
 */
export function readXForm(xml: string): FormDefinition {
  const document = new DOMParser({ onError: onErrorStopParsing }).parseFromString(xml, 'text/xml');
  const form = new XForm(document);
  const title = textOf(byName(document, 'title')[0]);
  return { ...(title === '' ? {} : { title }), ...form.inside(form.root, []) };
}

class XForm {
  readonly root: Element;
  readonly #binds: ReadonlyMap<string, Element>;
  readonly #controls: ReadonlyMap<string, Element>;
  readonly #repeats: ReadonlySet<string>;
  readonly #label: (control: Element) => string | undefined;
  readonly #document: Document;

  constructor(document: Document) {
    const instance = byName(document, 'instance')[0];
    const root = instance === undefined ? undefined : childrenOf(instance)[0];
    if (root === undefined) throw new Error('it is no XForm: it has no primary instance');
    this.root = root;
    this.#document = document;
    this.#binds = byReference(byName(document, 'bind'), 'nodeset');
    this.#controls = byReference(
      ['input', 'select', 'select1', 'upload', 'trigger', 'range'].flatMap((name) => byName(document, name)),
      'ref',
    );
    this.#repeats = new Set(byName(document, 'repeat').map((repeat) => repeat.getAttribute('nodeset') ?? ''));
    this.#label = labelsOf(document);
  }

  /**
   * The fields and repeats in an element of the instance.
   *
   * @param path - where it is in the form.
   * @param outer - the length of the path of the repeat it is in: paths begin behind it.
   */
  inside(element: Element, path: Path, outer = 0): Omit<FormDefinition, 'title'> {
    const fields: FieldDefinition[] = [];
    const repeats: RepeatDefinition[] = [];
    const seen = new Set<string>();
    for (const child of childrenOf(element)) {
      const here = [...path, child.localName ?? ''];
      const reference = `/${[this.root.localName ?? '', ...here].join('/')}`;
      // A repeat may stand twice, as a template and as a first element.
      if (seen.has(reference) || isInternalOfForm(here.slice(outer))) continue;
      seen.add(reference);
      if (this.#repeats.has(reference)) {
        repeats.push({ path: here.slice(outer), ...this.inside(child, here, here.length) });
      } else if (childrenOf(child).length > 0) {
        const group = this.inside(child, here, outer);
        fields.push(...group.fields);
        repeats.push(...group.repeats);
      } else {
        fields.push(this.#field(here.slice(outer), reference));
      }
    }
    return { fields, repeats };
  }

  #field(path: Path, reference: string): FieldDefinition {
    const bind = this.#binds.get(reference);
    const control = this.#controls.get(reference);
    const label = control && this.#label(control);
    const choices = control && this.#choices(control);
    const type = bind?.getAttribute('type') ?? 'string';
    const isBoolean =
      choices !== undefined && !choices.multiple && choices.values.every((value) => booleans.has(value));
    // What a form computes is declared as a string, whatever it is.
    const kind = isBoolean ? 'boolean' : (kinds[type] ?? (control === undefined ? undefined : 'text'));
    const isNote = control?.localName === 'trigger' || (bind?.getAttribute('readonly') === 'true()' && !bind.hasAttribute('calculate')); // prettier-ignore
    return {
      path,
      ...(kind === undefined ? {} : { kind }),
      ...(label === undefined ? {} : { label }),
      ...(choices === undefined || choices.values.length === 0 ? {} : { choices }),
      ...(isNote ? { isNote } : {}),
    };
  }

  #choices(control: Element): Choices | undefined {
    const isSelect = control.localName === 'select' || control.localName === 'select1';
    if (!isSelect) return undefined;
    const values = [...byName(control, 'item'), ...this.#itemset(control)].map((item) => textOf(byName(item, 'value')[0] ?? byName(item, 'name')[0])); // prettier-ignore
    return { values: values.filter((value) => value !== ''), multiple: control.localName === 'select' };
  }

  /** The items of a secondary instance, all of them: which are shown may depend on answers. */
  #itemset(control: Element): Element[] {
    const nodeset = byName(control, 'itemset')[0]?.getAttribute('nodeset') ?? '';
    const id = /^instance\(\s*['"]([^'"]+)['"]\s*\)/.exec(nodeset)?.[1];
    const instance = byName(this.#document, 'instance').find(
      (each) => id !== undefined && each.getAttribute('id') === id,
    );
    return instance === undefined ? [] : byName(instance, 'item');
  }
}

function byReference(elements: readonly Element[], attribute: string): ReadonlyMap<string, Element> {
  return new Map(elements.map((element) => [element.getAttribute(attribute) ?? '', element]));
}
