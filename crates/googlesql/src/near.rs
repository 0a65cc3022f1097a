//! Near names: what the user may have meant. It decides by spelling alone.

/// The candidate nearest to a name, if it is near enough to be a slip of the hand; its case does not count.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        assert_eq!(nearest("custmer_id", ["customer_id", "order_id"]), Some("customer_id"));
        assert_eq!(nearest("prodcut", ["product", "project"]), Some("product"));
        assert_eq!(nearest("quantity", ["amount", "price"]), None);
    }
}
