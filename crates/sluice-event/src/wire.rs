//! From the bytes a client sent to a checked event, or the reason why not.




