export { applyGrants, readersOtherWays } from './apply.js';
export { lookAtGrants, type GrantFacts } from './look.js';
export { isOfPrivilege, remedyForPrivilege, roleKinds, type RoleKind } from './privileges.js';
export { grantStatements, type GrantSection, type GrantWish } from './statements.js';
