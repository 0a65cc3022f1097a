//! What others have set on a table and no statement of a model says: grants, row access policies, policy tags, labels.
//! It is read from one table and put on another that takes its place. It must not decide which.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::failure::{Failure, Kind};

/// The role by which a row access policy names its readers.
/// <https://cloud.google.com/bigquery/docs/using-row-level-security-with-features>
const READERS: &str = "roles/bigquery.filteredDataViewer";

/// What others have set on a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Access {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The policy tags of columns, as the API says them.
    pub tags: BTreeMap<String, Value>,
    /// The bindings of its own IAM policy; `None` where this account may not see them.
    pub bindings: Option<Vec<Value>>,
    /// Row access policies: name, filter and readers.
    pub rows: Vec<RowPolicy>,
}

/// A row access policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPolicy {
    /// Its name.
    pub name: String,
    /// The condition on a row.
    pub filter: String,
    /// Who reads the rows: `user:…`, `group:…`.
    pub readers: Vec<String>,
}

impl Client {
    fn table_url(&self, dataset: &str, table: &str) -> String {
        format!("{}/bigquery/v2/projects/{}/datasets/{dataset}/tables/{table}", self.base, self.settings.project)
    }

    /// What others have set on a table; `None` where there is no such table.
    ///
    /// # Errors
    /// The table or its row access policies may not be seen, or BigQuery was not reached.
    pub fn access(&self, dataset: &str, table: &str) -> Result<Option<Access>, Failure> {
        let url = self.table_url(dataset, table);
        let Some(found) = found(self.wait(self.transport.json(&|http| http.get(&url))))? else { return Ok(None) };
        let fields = found["schema"]["fields"].as_array();
        let tags = fields.into_iter().flatten().filter_map(|field| {
            let tags =
                field.get("policyTags").filter(|tags| tags["names"].as_array().is_some_and(|all| !all.is_empty()))?;
            Some((field["name"].as_str()?.to_owned(), tags.clone()))
        });
        let labels = found["labels"].as_object().into_iter().flatten();
        let labels = labels.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let policies = format!("{url}/rowAccessPolicies");
        let listed = self::found(self.wait(self.transport.json(&|http| http.get(&policies))))?.unwrap_or_default();
        let mut rows = Vec::new();
        for policy in listed["rowAccessPolicies"].as_array().into_iter().flatten() {
            let name = policy["rowAccessPolicyReference"]["policyId"].as_str().unwrap_or_default().to_owned();
            let readers = self.bindings(&format!("{policies}/{name}"))?.unwrap_or_default();
            let readers = readers.iter().filter(|binding| binding["role"] == READERS);
            let readers = readers.flat_map(|binding| binding["members"].as_array().into_iter().flatten());
            rows.push(RowPolicy {
                readers: readers.filter_map(|member| member.as_str().map(str::to_owned)).collect(),
                filter: policy["filterPredicate"].as_str().unwrap_or_default().to_owned(),
                name,
            });
        }
        let bindings = match self.bindings(&url) {
            Err(failure) if failure.kind == Kind::Denied => None,
            bindings => Some(bindings?.unwrap_or_default()),
        };
        Ok(Some(Access { labels: labels.collect(), tags: tags.collect(), bindings, rows }))
    }

    /// Puts on a table what others had set on the one whose place it takes, beside what it has. Done again, it changes
    /// nothing.
    ///
    /// # Errors
    /// This account may not set it, or BigQuery was not reached.
    pub fn put_access(&self, dataset: &str, table: &str, access: &Access) -> Result<(), Failure> {
        let Some(now) = self.access(dataset, table)? else { return Ok(()) };
        let url = self.table_url(dataset, table);
        // Rows are closed before anybody is let in.
        for policy in access.rows.iter().filter(|policy| now.rows.iter().all(|known| known.name != policy.name)) {
            let body = json!({
                "rowAccessPolicyReference": {
                    "projectId": self.settings.project, "datasetId": dataset, "tableId": table, "policyId": policy.name,
                },
                "filterPredicate": policy.filter,
                "grantees": policy.readers,
            });
            let policies = format!("{url}/rowAccessPolicies");
            self.wait(self.transport.json(&|http| http.post(&policies).json(&body)))?;
        }
        self.put_tags(&url, &now, access)?;
        let bindings = access.bindings.as_ref().filter(|bindings| !bindings.is_empty());
        if let Some(bindings) = bindings.filter(|bindings| now.bindings.as_ref() != Some(bindings)) {
            let policy = json!({ "policy": { "version": 1, "bindings": bindings } });
            let url = format!("{url}:setIamPolicy");
            self.wait(self.transport.json(&|http| http.post(&url).json(&policy)))?;
        }
        Ok(())
    }

    fn put_tags(&self, url: &str, now: &Access, access: &Access) -> Result<(), Failure> {
        let mut body = Map::new();
        let labels: BTreeMap<&String, &String> = access.labels.iter().chain(&now.labels).collect();
        if labels.len() > now.labels.len() {
            body.insert("labels".to_owned(), json!(labels));
        }
        if access.tags.iter().any(|(column, tags)| now.tags.get(column) != Some(tags)) {
            let found = self.wait(self.transport.json(&|http| http.get(url)))?;
            let mut schema = found["schema"].clone();
            for field in schema["fields"].as_array_mut().into_iter().flatten() {
                let tags = field["name"].as_str().and_then(|name| access.tags.get(name)).cloned();
                if let (Some(tags), Some(field)) = (tags, field.as_object_mut()) {
                    field.insert("policyTags".to_owned(), tags);
                }
            }
            body.insert("schema".to_owned(), schema);
        }
        if body.is_empty() {
            return Ok(());
        }
        self.wait(self.transport.json(&|http| http.patch(url).json(&body))).map(|_| ())
    }

    /// The bindings of a resource's policy; `None` where it has none.
    fn bindings(&self, url: &str) -> Result<Option<Vec<Value>>, Failure> {
        let url = format!("{url}:getIamPolicy");
        let policy = found(self.wait(self.transport.json(&|http| http.post(&url).json(&json!({})))))?;
        Ok(policy.and_then(|policy| policy["bindings"].as_array().cloned()))
    }
}

/// An answer; `None` for what is not there.
fn found(answer: Result<Value, Failure>) -> Result<Option<Value>, Failure> {
    match answer {
        Err(failure) if failure.kind == Kind::NotFound => Ok(None),
        answer => answer.map(Some),
    }
}
