package sqlite

import (
	"context"
	"database/sql"
)

// hostTx is a transaction of the host's, for Store.Within.
type hostTx struct{ tx *sql.Tx }

func (h hostTx) prepareStatement(ctx context.Context, text string) (statement, error) {
	s, err := h.tx.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return hostStatement{s}, nil
}

func (h hostTx) run(ctx context.Context, text string, args ...any) error {
	_, err := h.tx.ExecContext(ctx, text, args...)
	return err
}

func (h hostTx) end() error { return nil }

type hostStatement struct{ prepared *sql.Stmt }

func (s hostStatement) exec(args []any) (int64, error) {
	result, err := s.prepared.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (s hostStatement) query(args []any) (answer, error) {
	return s.prepared.QueryContext(context.Background(), args...) //nolint:rowserrcheck // whoever reads them does
}

func (s hostStatement) close() error { return s.prepared.Close() }
