//go:build race

package sqlite

// underRace says that the race detector is at work, with which SQLite takes many
// times as long.
const underRace = true
