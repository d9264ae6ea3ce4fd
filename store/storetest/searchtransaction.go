package storetest

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/teaminbox/teaminbox/store"
)

func searchOwn(e *env) error {
	ms, err := e.written("bicycle", "bicycle")
	if err != nil {
		return err
	}
	return e.update(func(tx store.Tx) error {
		if err := expectFoundIn(tx, searched("bicycle"), ms[1], ms[0]); err != nil {
			return err
		}
		ms[0].Text = "car"
		if err := tx.PutMessages(ms[0]); err != nil {
			return err
		}
		ms[0].Version++
		return errors.Join(expectFoundIn(tx, searched("bicycle"), ms[1]), expectFoundIn(tx, searched("car"), ms[0]))
	})
}

func searchRolledBack(e *env) error {
	ms, err := e.written("bicycle")
	if err != nil {
		return err
	}
	c, err := e.stored()
	if err != nil {
		return err
	}
	made, err := e.messageIn(c, 1)
	if err != nil {
		return err
	}
	changed := ms[0]
	made.Text, changed.Text = "tricycle", "tricycle"
	err = e.update(func(tx store.Tx) error { return errors.Join(tx.PutMessages(made, changed), errDeliberate) })
	if err := expectError(err, errDeliberate); err != nil {
		return err
	}
	if err := e.expectFound(searched("tricycle")); err != nil {
		return err
	}
	return e.expectFound(searched("bicycle"), ms[0])
}

// searchBeside lets two transactions write a message each, unless they find the
// other's: whoever goes second must find it.
func searchBeside(e *env) error {
	cs, err := e.bare(2)
	if err != nil {
		return err
	}
	for round := range 20 {
		word := fmt.Sprintf("bicycle%02d", round)
		made := make([]store.Message, len(cs))
		for i, c := range cs {
			if made[i], err = e.messageIn(c, int64(round+1)); err != nil {
				return err
			}
			made[i].Text = word
		}
		err := all(len(made), func(mine int) error {
			return e.retry(func(tx store.Tx) error {
				found, err := tx.SearchMessages(searched(word))
				if err != nil || len(found) > 0 {
					return err
				}
				runtime.Gosched()
				return tx.PutMessages(made[mine])
			})
		})
		if err != nil {
			return err
		}
		err = e.view(func(tx store.Tx) error {
			written, err := tx.Messages(made[0].ID, made[1].ID)
			if err == nil && len(written) != 1 {
				err = fmt.Errorf("round %d: each of two transactions was to write only if it found nothing of the other, and %d did", round, len(written))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func searchImported(e *env) error {
	from, err := e.porter()
	if err != nil {
		return err
	}
	ms, err := e.written("a bicycle", "a car", "bicycles", `"the" bicycle`)
	if err != nil {
		return err
	}
	t, to, err := e.target()
	if err != nil {
		return err
	}
	if _, err := store.Copy(e.ctx, to, from, nil); err != nil {
		return err
	}
	if err := t.expectFound(searched("bicycle"), ms[3], ms[2], ms[0]); err != nil {
		return err
	}
	return t.expectFound(searched(`"the bicycle"`), ms[3])
}
