package postgres

import (
	"sync"

	"github.com/jackc/pgx/v5"
)

// blockSize is how many numbers the sequence gives at once.
const blockSize = 16

// idBlocks are numbers that a transaction may use. They come from the
// database's sequence in the transaction itself, so that they are larger than
// those of every transaction that had committed before.
type idBlocks struct {
	blocks []int64
	used   int64 // of the first block
	drawn  int   // blocks so far
	last   int64

	issued map[int64]bool // blocks of which numbers were used
}

func (b *idBlocks) add(block int64) {
	b.blocks = append(b.blocks, block)
	b.drawn++
}

// next returns a number above a floor, or 0 if there is none left.
func (b *idBlocks) next(floor int64) int64 {
	for len(b.blocks) > 0 {
		if b.used == blockSize || b.blocks[0]+b.used <= floor {
			b.blocks, b.used = b.blocks[1:], 0
			continue
		}
		b.last = b.blocks[0] + b.used
		b.used++
		if b.issued == nil {
			b.issued = make(map[int64]bool)
		}
		b.issued[b.blocks[0]] = true
		return b.last
	}
	return 0
}

// drew reports whether a number was drawn here, so that nobody else has used
// it. Blocks begin at 1, 17 and so on.
func (b *idBlocks) drew(id int64) bool {
	return id > 0 && b.issued[id-(id-1)%blockSize]
}

// blockCount foresees how many blocks an Update uses, and remembers the highest
// number of those that have committed.
type blockCount struct {
	mu      sync.Mutex
	lately  int
	highest int64
}

// expected returns how many blocks an Update is likely to use.
func (c *blockCount) expected() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(1, c.lately)
}

// floor returns the highest number that was used in a transaction that has
// committed.
func (c *blockCount) floor() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.highest
}

// committed notes what an Update has used.
func (c *blockCount) committed(b *idBlocks) {
	used := b.drawn - len(b.blocks)
	if b.used > 0 {
		used++
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.highest = max(c.highest, b.last)
	if used >= c.lately {
		c.lately = used
	} else {
		c.lately -= (c.lately - used + 7) / 8 // slowly, as Updates of many changes come between those of few
	}
}

// NewID returns the next number of the database's sequence.
func (t *tx) NewID() (int64, error) {
	if err := t.writable(); err != nil {
		return 0, err
	}
	if !t.begun {
		if err := t.ask(t.ctx, nil); err != nil {
			return 0, err
		}
	}
	t.wrote = true
	for {
		if id := t.ids.next(t.s.blocks.floor()); id != 0 {
			return id, nil
		}
		more := statement{
			text: `SELECT nextval('@ids') FROM generate_series(1, $1::int)`,
			args: []any{max(1, t.ids.drawn)}, // twice as many as so far
			read: func(rows pgx.Rows) error {
				var block int64
				err := rows.Scan(&block)
				t.ids.add(block)
				return err
			},
		}
		if err := t.ask(t.ctx, nil, more); err != nil {
			return 0, err
		}
	}
}
