// Package record holds what the implementations of a store share: copies that
// share no memory, the encoding of lists and structures in a column, and how a
// conversation is listed.
package record
