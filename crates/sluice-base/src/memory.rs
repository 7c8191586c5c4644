//! How the system is to give this process its memory.

/// Has memory given in small pages only, from here on. `false` if the system does not do that; then
/// only the preference is lost.
///
/// The allocator asks for huge pages, and the system fills each with zeros when its first byte is
/// used: a third of a millisecond for a block of a few kilobytes, on the thread that answers senders
/// and while it holds the log's queue. After a pause of the disk many such blocks begin at once.
#[cfg(target_os = "linux")]
pub fn use_small_pages() -> bool {
    rustix::thread::disable_transparent_huge_pages(true).is_ok()
}

/// Elsewhere there is nothing to ask for.
#[cfg(not(target_os = "linux"))]
pub const fn use_small_pages() -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn small_pages_are_what_the_process_gets() {
        assert!(super::use_small_pages());
        assert!(rustix::thread::transparent_huge_pages_are_disabled().unwrap());
    }
}
