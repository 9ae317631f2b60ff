// Without a file like this the compiler wants bodies for the runtime's functions.
