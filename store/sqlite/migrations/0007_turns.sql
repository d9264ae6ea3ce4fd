-- Accounts take turns: what is due is found account by account. When the next
-- task of all is due is still asked of tasks_due: going round a thousand accounts
-- for it would take milliseconds, and one index more takes microseconds a task.
CREATE INDEX tasks_turns ON tasks (account, due_at, id, conversation) WHERE set_aside = 0;
