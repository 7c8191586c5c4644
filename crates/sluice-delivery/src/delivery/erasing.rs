//! Taking erased people out of the files of connections: each is stopped, its files are written anew
//! without them, and it is opened again. The events log must have lost them before, so that nothing
//! of them is read again.

use std::collections::HashSet;
use std::sync::Arc;

use sluice_event::{PersonId, WorkspaceNo};
use sluice_model::tables::ConnectionSpec;

use super::{DeliveryHandle, Inner, Opened, Unopened};
use crate::DeliveryError;
use crate::keeper::Keeper;

impl DeliveryHandle {
    /// Takes out of every connection of a workspace what waits and what is dead of erased people, and
    /// every recorded request. Gives how many events were taken out. Once more changes nothing.
    ///
    /// # Errors
    /// If the files of a connection cannot be read or written; the others are done all the same.
    pub async fn erase(
        &self,
        workspace: WorkspaceNo,
        people: Arc<HashSet<PersonId>>,
    ) -> Result<u64, DeliveryError> {
        let erasing = Arc::clone(&self.inner).erase(workspace, people);
        self.inner.runtime.spawn(erasing).await.map_err(|_| DeliveryError::Stopping)?
    }
}

impl Inner {
    async fn erase(
        self: Arc<Self>,
        workspace: WorkspaceNo,
        people: Arc<HashSet<PersonId>>,
    ) -> Result<u64, DeliveryError> {
        let _turn = self.turn.lock().await;
        // What was read of the log stays in memory no longer than the tasks that hold it.
        self.records.lock().remove(&workspace);
        let (mut erased, mut failed) = (0, None);
        for (spec, state) in self.take_places(workspace) {
            if let Opened::Task(task) = state {
                task.stop.cancel();
                // A panic was logged when it came.
                drop(task.task.await);
            }
            if self.stop.is_cancelled() {
                return Err(DeliveryError::Stopping);
            }
            match self.erase_files(&spec, &people).await {
                Ok(events) => erased += events,
                Err(error) => failed = Some(error),
            }
            self.open_on_blocking_thread(spec).await;
        }
        failed.map_or(Ok(erased), Err)
    }

    /// The connections of a workspace, whose places in the log are held meanwhile.
    fn take_places(&self, workspace: WorkspaceNo) -> Vec<(Arc<ConnectionSpec>, Opened)> {
        let mut all = self.running.lock();
        let own = all.values_mut().filter(|running| running.spec.workspace == workspace);
        let take = |running: &mut super::Running| {
            let message = "its files are being written anew, without erased people".to_owned();
            let held = Unopened { message, keep_from: running.keep_from(), lag: 0 };
            let state = std::mem::replace(&mut running.state, Opened::Not(held));
            (Arc::clone(&running.spec), state)
        };
        own.map(take).collect()
    }

    async fn erase_files(
        self: &Arc<Self>,
        spec: &ConnectionSpec,
        people: &Arc<HashSet<PersonId>>,
    ) -> Result<u64, DeliveryError> {
        let (disk, folder) = (Arc::clone(&self.disk), self.folder_of(spec));
        let (id, people) = (spec.id.clone(), Arc::clone(people));
        let log = self.records_of(spec.workspace).map(|records| records.log.clone());
        let start = log.map_or(Ok(0), |log| log.offset_at(spec.starts_at))?;
        let work = move || {
            let mut keeper = Keeper::open(&disk, &folder, start)?;
            keeper.erase(&|person| people.contains(&person))
        };
        let done = self.runtime.spawn_blocking(work).await.map_err(|_| DeliveryError::Stopping)?;
        done.map_err(|source| DeliveryError::Files { id, source })
    }
}
