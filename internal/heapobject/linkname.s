// Without a file like this the compiler wants a body for findObject.
