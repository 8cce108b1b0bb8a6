import { z } from 'zod';
import { noDefinition, type FormDefinition } from './definition.js';

const translations = z.array(z.object({ locale: z.string().optional(), content: z.string() }));
const schema = z.object({
  internalId: z.string(),
  title: z.union([z.string(), translations]).optional().catch(undefined),
});

/**
 * What a document `form:*` says. Its definition proper, the XForm, is an attachment, which is not synced; its title is in
 * the document.
 *
 * @returns undefined when it is no such document.
 */
export function formDocument(body: unknown): { form: string; definition: FormDefinition } | undefined {
  const { data } = schema.safeParse(body);
  if (data === undefined) return undefined;
  const title = typeof data.title === 'string' ? data.title : inEnglish(data.title);
  return { form: data.internalId, definition: title === undefined ? noDefinition : { ...noDefinition, title } };
}

function inEnglish(title: z.infer<typeof translations> | undefined): string | undefined {
  return (title?.find(({ locale }) => locale === 'en') ?? title?.[0])?.content;
}
