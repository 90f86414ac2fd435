//! Who watches a connection, if anybody does.

use eyas_connection::{Connection, Observer};

/// An observer of one connection. Boxed, so that the driver is the same code for all of them; nobody costs
/// a look at a discriminant.
pub(crate) type Watcher = Option<Box<dyn Observer + Send>>;

/// The connection as the driver has it.
pub(crate) type Core = Connection<Watcher>;
