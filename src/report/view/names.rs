//! Names of the report that form a closed set: how they are written, and what the JSON schema says of
//! them.

use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Serializer;

use super::Origin;
use super::series::OVER;
use crate::base::addr::Dir;
use crate::model::auth::Method;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;
use crate::model::proof::Verified;
use crate::rules::Certainty;
use crate::rules::Severity;
use crate::rules::page::On;

/// For each set that has a type: its writer for `serialize_with`, and its schema for `schema_with`.
macro_rules! named {
    ($($write:ident, $schema:ident: $type:ty = $all:expr;)*) => {$(
        // `serialize_with` passes a reference.
        #[allow(clippy::trivially_copy_pass_by_ref)]
        pub(super) fn $write<S: Serializer>(it: &$type, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_str(it.name())
        }

        pub(super) fn $schema(_: &mut SchemaGenerator) -> Schema {
            one_of(&$all.map(<$type>::name))
        }
    )*};
}

named! {
    write_outcome, outcome: Outcome = [Outcome::Connected, Outcome::Failed, Outcome::Unknown];
    write_stage, stage: Stage = Stage::ALL;
    write_severity, severity: Severity = Severity::ALL;
    write_certainty, certainty: Certainty =
        [Certainty::Possible, Certainty::Likely, Certainty::Certain];
    write_origin, origin: Origin = [Origin::Catalogue, Origin::Site];
}

pub(super) fn sender(_: &mut SchemaGenerator) -> Schema {
    one_of(&Dir::BOTH.map(Dir::sender))
}

pub(super) fn sender_if_known(_: &mut SchemaGenerator) -> Schema {
    one_of_or_null(&Dir::BOTH.map(Dir::sender))
}

pub(super) fn echo(_: &mut SchemaGenerator) -> Schema {
    one_of(&OVER)
}

pub(super) fn machine(_: &mut SchemaGenerator) -> Schema {
    one_of(&On::ALL.map(On::name))
}

pub(super) fn place(_: &mut SchemaGenerator) -> Schema {
    one_of(&["client", "server", "middle", "unknown"])
}

pub(super) fn result(_: &mut SchemaGenerator) -> Schema {
    one_of(&["success", "failure", "incomplete", "not-seen"])
}

pub(super) fn method(_: &mut SchemaGenerator) -> Schema {
    one_of_or_null(&Method::ALL.map(Method::name))
}

pub(super) fn verified(_: &mut SchemaGenerator) -> Schema {
    let all = [Verified::Match, Verified::Mismatch, Verified::NotChecked];
    one_of_or_null(&all.map(Verified::name))
}

fn one_of(names: &[&str]) -> Schema {
    json_schema!({ "type": "string", "enum": names })
}

fn one_of_or_null(names: &[&str]) -> Schema {
    let names: Vec<Option<&str>> = names.iter().copied().map(Some).chain([None]).collect();
    json_schema!({ "type": ["string", "null"], "enum": names })
}
