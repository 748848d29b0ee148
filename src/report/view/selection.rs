//! Which conversations are told.

use std::net::IpAddr;

use super::Conversation;
use super::Summary;
use super::View;

/// Which conversations are told; all where nothing is asked for. Of each kind one must fit.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// By number.
    pub numbers: Vec<u32>,
    /// By address of the client.
    pub clients: Vec<IpAddr>,
    /// By user name; letter case and a domain in front are left out of account where the asked name has
    /// none.
    pub users: Vec<String>,
}

impl Selection {
    /// Whether nothing is asked for.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.clients.is_empty() && self.users.is_empty()
    }

    fn takes(&self, c: &Conversation) -> bool {
        let number = self.numbers.is_empty() || self.numbers.contains(&c.id);
        let address = c.client.address.parse();
        let client = self.clients.is_empty() || address.is_ok_and(|a| self.clients.contains(&a));
        let mut users = c.calls.iter().filter_map(|call| call.authentication.user.as_deref());
        let user = self.users.is_empty() || users.any(|u| self.users.iter().any(|w| same(u, w)));
        number && client && user
    }
}

/// Whether `sent` is the user that was asked for.
fn same(sent: &str, wanted: &str) -> bool {
    let bare = sent.rsplit(['\\', '/']).next().unwrap_or(sent);
    let bare = bare.split('@').next().unwrap_or(bare).trim();
    sent.eq_ignore_ascii_case(wanted) || bare.eq_ignore_ascii_case(wanted)
}

impl View {
    /// Takes out the conversations that were not asked for, and the findings that touch none of the others.
    ///
    /// # Errors
    /// One line that says what there is, where nothing is left.
    pub fn select(&mut self, selection: &Selection) -> Result<(), String> {
        if selection.is_empty() || self.conversations.is_empty() {
            return Ok(());
        }
        let all = self.conversations.len();
        self.conversations.retain(|c| selection.takes(c));
        if self.conversations.is_empty() {
            return Err(format!(
                "none of the {all} conversations is the one asked for: without --conversation, --client \
                 and --user all are listed with number, client and user"
            ));
        }
        let left = &self.conversations;
        self.findings.retain(|f| left.iter().any(|c| f.conversations.contains(&c.id)));
        self.summary = Summary::of(left, &self.findings);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn a_user_in_any_form_of_the_name() {
        for sent in ["alice", "Alice", "LAB\\alice", "alice@lab.example", " \\alice"] {
            assert!(same(sent, "alice"), "{sent}");
        }
        assert!(same("LAB\\alice", "lab\\ALICE"));
        assert!(!same("LAB\\alice", "OTHER\\alice") && !same("alice2", "alice"));
    }
}
