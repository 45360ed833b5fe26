// Roles, rights and places in words.

export const ROLES = [
  { value: 'viewer', label: 'Viewer: reads' },
  { value: 'contributor', label: 'Contributor: reads, writes, moves aliases, assesses' },
  { value: 'approver', label: 'Approver: reads, decides promotions' },
  { value: 'auditor', label: 'Auditor: reads, and the audit trail too' },
  { value: 'maintainer', label: 'Maintainer: all but administer' },
  { value: 'admin', label: 'Administrator: everything, on workspace:* only' },
  { value: 'alias-only', label: 'Alias only: reads, moves aliases' },
  { value: 'assessment-only', label: 'Assessment only: reads, assesses' },
] as const

/** What may be taken away. */
export const DENIABLE = [
  { value: 'read', label: 'Read, and with it everything' },
  { value: 'write', label: 'Write' },
  { value: 'alias', label: 'Move aliases' },
  { value: 'assess', label: 'Assess' },
  { value: 'approve', label: 'Decide promotions' },
  { value: 'audit', label: 'Read the audit trail' },
  { value: 'manage', label: 'Manage' },
] as const

export const RIGHTS: Record<string, { name: string; means: string }> = {
  read: { name: 'Read', means: 'see it, find it, download it' },
  write: { name: 'Write', means: 'create and change it' },
  alias: { name: 'Move aliases', means: 'set, move and delete aliases' },
  assess: { name: 'Assess', means: 'write assessments' },
  approve: { name: 'Decide promotions', means: 'approve and reject' },
  audit: { name: 'Read the audit trail', means: 'who did what, and when' },
  manage: { name: 'Manage', means: 'delete, restore, set policies, grant rights' },
  admin: { name: 'Administer', means: 'users, groups, the server' },
}

/** `ann may read and write.`, as one sentence. */
export function summary(who: string, rights: readonly { right: string; allowed: boolean }[]): string {
  const held = rights.filter(({ allowed }) => allowed).map(({ right }) => (RIGHTS[right]?.name ?? right).toLowerCase())
  if (held.length === 0) return `${who} may do nothing here.`
  if (held.length === rights.length) return `${who} may do everything here.`
  return `${who} may ${held.length === 1 ? held[0] : `${held.slice(0, -1).join(', ')} and ${held.at(-1)}`}.`
}

/** Where a grant holds, in words. */
export function placeWords(entity: string): string {
  if (entity === 'workspace:*') return 'all workspaces'
  const colon = entity.indexOf(':')
  return `${entity.slice(0, colon).replaceAll('-', ' ')} ${entity.slice(colon + 1)}`
}
