use claimgate_tower::{AccessRule, AuthenticatedCall};
use tonic::{Request, Response, Status};

use crate::proto::pizza_shack_server::PizzaShack;
use crate::proto::{MenuReply, MenuRequest, OrderReply, OrderRequest, Pizza};

/// A pizza shack that knows its guests by their tokens.
#[derive(Debug)]
pub struct Shack {
    may_order: AccessRule,
}

impl Shack {
    /// A shack where those may order whose token has the scope `order`.
    pub fn new() -> Self {
        Self { may_order: AccessRule::all_of(["order"]) }
    }
}

impl Default for Shack {
    fn default() -> Self {
        Self::new()
    }
}

#[tonic::async_trait]
impl PizzaShack for Shack {
    async fn menu(&self, _: Request<MenuRequest>) -> Result<Response<MenuReply>, Status> {
        Ok(Response::new(MenuReply { pizzas: MENU.map(pizza).to_vec() }))
    }

    async fn order(&self, request: Request<OrderRequest>) -> Result<Response<OrderReply>, Status> {
        let token = request.require(&self.may_order)?;
        let ordered_by = token.subject().unwrap_or("nobody").to_owned();
        let wanted = &request.get_ref().pizza;
        let found = MENU.into_iter().find(|(name, _)| name == wanted);
        let found = found.ok_or_else(|| Status::not_found("no such pizza on the menu"))?;
        Ok(Response::new(OrderReply { pizza: Some(pizza(found)), ordered_by }))
    }
}

fn pizza((name, price): (&str, &str)) -> Pizza {
    Pizza { name: name.to_owned(), price: price.to_owned() }
}

const MENU: [(&str, &str); 3] =
    [("BBQ Chicken Bacon", "24.99"), ("Garden Fresh", "18.99"), ("Tuscan Six Cheese", "10.99")];
