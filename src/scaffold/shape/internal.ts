/**
 * Parts of a report that CHT writes for itself: what a form was opened with, and the form's own identity. What the user
 * answered is elsewhere.
 */
const internalOfForms = new Set(['inputs', 'meta', 'instanceID']);

/** Parts of a contact that the model has already, or that are CHT's own. */
const internalOfContacts = new Set(['type', 'contact_type', 'name', 'parent', 'reported_date', 'meta', 'linked_docs']);

/** Whether a member of a report's fields is CHT's own. */
export function isInternalOfForm(path: readonly string[]): boolean {
  const [key = ''] = path.slice(-1);
  if (key === 'instanceID') return true;
  // The key of a contact that was chosen is what one looks for.
  if (path.length > 1 && key === '_id') return false;
  return key.startsWith('_') || (path.length === 1 && internalOfForms.has(key));
}

/** Whether a member of a contact is CHT's own, or stands in the model anyway. */
export function isInternalOfContact(path: readonly string[]): boolean {
  const [first = ''] = path;
  const key = path.at(-1) ?? '';
  // Of the primary contact, only which it is: all else is in its own document.
  if (first === 'contact' && path.length > 1) return path.length > 2 || key !== '_id';
  if (path.length > 1 && key === '_id') return false;
  return key.startsWith('_') || internalOfContacts.has(first);
}
