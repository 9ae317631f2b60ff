// Without a file like this the compiler wants bodies for the hooks.
