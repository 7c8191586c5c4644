//! Which threads go first when there are more of them than processors.
//!
//! Whoever answers a sender keeps the priority the process was started with: the front and the logs'
//! committers. What only has to keep up over seconds gives way, so that a sender does not wait for
//! it. Every thread still gets its share: these are weights, not ranks.

/// What a thread that gives way is busy with.
///
/// All that write files are alike: a commit of the file system's journal, which a log's sync may need,
/// waits for everybody who is in the middle of a change, and one of lower priority would be kept there
/// by those above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Keeps up with what comes in, and writes files.
    Writes,
    /// Answers questions; only reads.
    Questions,
}

/// Lowers the priority of the calling thread and of the threads that it starts. `false` if the system
/// does not do that for one thread; then only the preference is lost.
pub fn give_way(load: Load) -> bool {
    let nice = match load {
        Load::Writes => 5,
        Load::Questions => 10,
    };
    lower_to(nice)
}

/// `None` is the calling thread, on Linux.
#[cfg(target_os = "linux")]
fn lower_to(nice: i32) -> bool {
    use rustix::process::{getpriority_process, setpriority_process};
    getpriority_process(None)
        .is_ok_and(|now| now >= nice || setpriority_process(None, nice).is_ok())
}

#[cfg(not(target_os = "linux"))]
const fn lower_to(_nice: i32) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_the_calling_thread_gives_way() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        let lowered = std::thread::spawn(move || {
            assert!(give_way(Load::Questions));
            nice()
        });
        assert_eq!(lowered.join().unwrap(), before.max(10));
        assert_eq!(nice(), before);
    }
}
