//! Runs loops with the newer instructions of the processor where it has them.

/// Calls `work`, compiled for processors of the last ten years (counting bits in one instruction,
/// shifts and compares of 32 bytes) if this is one. All that is to gain from it must be inlined.
#[inline]
pub(crate) fn wide<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
    {
        return with_features(work);
    }
    work()
}

/// Whether the processor compares, picks and counts 64 bytes at once; then [`widest`] may be called.
#[inline]
pub(crate) fn is_widest() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi2")
        && is_x86_feature_detected!("avx512vpopcntdq")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// As [`wide`] for processors with vectors of 64 bytes, if this [`is_widest`]; `work` otherwise as it is.
#[inline]
pub(crate) fn widest<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if is_widest() {
        return with_more_features(work);
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "a function with features may be called where they are present")]
fn with_features<R>(work: impl FnOnce() -> R) -> R {
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn call<R>(work: impl FnOnce() -> R) -> R {
        work()
    }
    // SAFETY: `wide` calls this only after it found every feature named above.
    unsafe { call(work) }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "a function with features may be called where they are present")]
fn with_more_features<R>(work: impl FnOnce() -> R) -> R {
    #[target_feature(
        enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi2,avx512vpopcntdq,bmi1,bmi2,lzcnt,popcnt"
    )]
    fn call<R>(work: impl FnOnce() -> R) -> R {
        work()
    }
    // SAFETY: `widest` calls this only after it found every feature named above.
    unsafe { call(work) }
}
