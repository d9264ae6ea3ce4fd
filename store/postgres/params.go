package postgres

// numbers returns ids as a parameter.
func numbers[ID ~int64](ids []ID) any {
	all := make([]int64, len(ids))
	for i, id := range ids {
		all[i] = int64(id)
	}
	return all
}

// names returns ids as a parameter.
func names[ID ~string](ids []ID) any {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = pack(string(id))
	}
	return all
}

// texts2 returns keys of two texts as parameters.
func texts2[K any](keys []K, parts func(K) (string, string)) []any {
	a, b := make([]string, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		x, y := parts(k)
		a[i], b[i] = pack(x), pack(y)
	}
	return []any{a, b}
}

// texts3 returns keys of three texts as parameters.
func texts3[K any](keys []K, parts func(K) (string, string, string)) []any {
	c := make([]string, len(keys))
	args := texts2(keys, func(k K) (string, string) { x, y, _ := parts(k); return x, y })
	for i, k := range keys {
		_, _, z := parts(k)
		c[i] = pack(z)
	}
	return append(args, c)
}

func pointers[T any](list []T) []*T {
	all := make([]*T, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}
