//! The ten pizzas.

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct Pizza {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) price: &'static str,
    pub(crate) icon: &'static str,
}

/// As the API manager's own sample has it, word for word.
pub(crate) static MENU: [Pizza; 10] = [
    Pizza {
        name: "BBQ Chicken Bacon",
        description: "Grilled white chicken, hickory-smoked bacon and fresh sliced onions in barbeque sauce",
        price: "24.99",
        icon: "/images/6.png",
    },
    Pizza {
        name: "Chicken Parmesan",
        description: "Grilled chicken, fresh tomatoes, feta and mozzarella cheese",
        price: "27.99",
        icon: "/images/1.png",
    },
    Pizza {
        name: "Chilly Chicken Cordon Bleu",
        description: "Spinash Alfredo sauce topped with grilled chicken, ham, onions and mozzarella",
        price: "13.99",
        icon: "/images/10.png",
    },
    Pizza {
        name: "Double Bacon 6Cheese",
        description: "Hickory-smoked bacon, Julienne cut Canadian bacon, Parmesan, mozzarella, Romano, Asiago and and Fontina cheese",
        price: "26.99",
        icon: "/images/9.png",
    },
    Pizza {
        name: "Garden Fresh",
        description: "Slices onions and green peppers, gourmet mushrooms, black olives and ripe Roma tomatoes",
        price: "18.99",
        icon: "/images/3.png",
    },
    Pizza {
        name: "Grilled Chicken Club",
        description: "Grilled white chicken, hickory-smoked bacon and fresh sliced onions topped with Roma tomatoes",
        price: "11.99",
        icon: "/images/8.png",
    },
    Pizza {
        name: "Hawaiian BBQ Chicken",
        description: "Grilled white chicken, hickory-smoked bacon, barbeque sauce topped with sweet pine-apple",
        price: "25.99",
        icon: "/images/7.png",
    },
    Pizza {
        name: "Spicy Italian",
        description: "Pepperoni and a double portion of spicy Italian sausage",
        price: "16.99",
        icon: "/images/2.png",
    },
    Pizza {
        name: "Spinach Alfredo",
        description: "Rich and creamy blend of spinach and garlic Parmesan with Alfredo sauce",
        price: "22.99",
        icon: "/images/5.png",
    },
    Pizza {
        name: "Tuscan Six Cheese",
        description: "Six cheese blend of mozzarella, Parmesan, Romano, Asiago and Fontina",
        price: "10.99",
        icon: "/images/4.png",
    },
];
