//go:build race

package main

// underRace says that the race detector is at work, with which everything takes
// many times as long.
const underRace = true
