// Who and what there is in the company.

export class Directory {
  constructor(d) {
    this.me = d.me;
    this.inboxes = d.inboxes;
    this.users = new Map(d.users.map((u) => [u.id, u.name]));
  }

  user(id) { return this.users.get(id) || id; }
  brand(id) { return this.inboxes.find((b) => b.id === id)?.brand || id; }
  inbox(id) { return this.inboxes.find((b) => b.id === id)?.name || id; }
}
