package report

import "fmt"

// Size is a number of bytes as people say it.
func Size(bytes float64) string {
	switch {
	case bytes < 0:
		return "-" + Size(-bytes)
	case bytes < 1<<10:
		return fmt.Sprintf("%.0f B", bytes)
	case bytes < 1<<20:
		return fmt.Sprintf("%.1f KiB", bytes/(1<<10))
	case bytes < 1<<30:
		return fmt.Sprintf("%.1f MiB", bytes/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", bytes/(1<<30))
}
