//! Objects of Cloud Storage: the way of a file that a project sends through a bucket of its own. It must not know what
//! reads them.

use std::path::Path;

use crate::client::Client;
use crate::failure::Failure;
use crate::upload;

impl Client {
    /// Puts a file into a bucket; an object of that name is replaced.
    pub(crate) async fn put_object(&self, bucket: &str, object: &str, file: &Path) -> Result<(), Failure> {
        let url = format!("{}/upload/storage/v1/b/{bucket}/o", self.storage);
        let query = [("uploadType", "resumable"), ("name", object)];
        upload::send(&self.transport, &url, &query, &serde_json::json!({ "name": object }), file).await.1
    }

    /// The location of a bucket.
    ///
    /// # Errors
    /// There is none of the name, it may not be seen, or Cloud Storage was not reached.
    pub fn bucket_location(&self, bucket: &str) -> Result<String, Failure> {
        let url = format!("{}/storage/v1/b/{bucket}", self.storage);
        let answer = self.wait(self.transport.json(&|http| http.get(&url).query(&[("fields", "location")])))?;
        Ok(answer["location"].as_str().unwrap_or_default().to_owned())
    }

    /// Removes an object. One that is not there is removed.
    pub fn remove_object(&self, bucket: &str, object: &str) {
        let name = object.replace('/', "%2F");
        let url = format!("{}/storage/v1/b/{bucket}/o/{name}", self.storage);
        // What stays is removed by the bucket's own rules.
        let _ = self.wait(self.transport.send(&|http| http.delete(&url)));
    }
}
