pub mod cloud;
pub mod diff;
pub mod graph;
pub mod kinds;
pub mod model;
pub mod observe;
pub mod plan;
pub mod run;
